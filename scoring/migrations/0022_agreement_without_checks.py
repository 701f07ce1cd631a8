from django.db import migrations

# Weeks in which an alert arrived that was a rep's check later: their agreement is counted again, by the next worker.
COUNT_AGAIN = """
    WITH checked AS (
        SELECT DISTINCT agreement.queue_id, agreement.week
        FROM feedback_check AS asked
        JOIN feedback_exposure AS exposure ON exposure.alert_id = asked.alert_id
        JOIN scoring_weeklyagreement AS agreement
            ON agreement.queue_id = asked.queue_id AND agreement.blind
            AND exposure.decided_at BETWEEN agreement.week - 1 AND agreement.week + 8
        WHERE asked.source = 'rep' AND asked.entry_id IS NOT NULL
    )
    UPDATE scoring_figurestanding AS standing SET stale_weeks = (
        SELECT jsonb_agg(week ORDER BY week) FROM (
            SELECT jsonb_array_elements_text(standing.stale_weeks) AS week
            UNION SELECT to_char(week, 'YYYY-MM-DD') FROM checked WHERE checked.queue_id = standing.queue_id
        ) AS weeks
    ) WHERE queue_id IN (SELECT queue_id FROM checked)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('feedback', '0007_checks_of_labelers'),
        ('scoring', '0021_figures_know_amendments'),
    ]

    operations = [
        migrations.RunSQL(COUNT_AGAIN, migrations.RunSQL.noop),
    ]
