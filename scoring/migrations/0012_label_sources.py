from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scoring', '0011_reranking_amendments'),
    ]

    operations = [
        # A projection: the worker makes it again.
        migrations.RunSQL(
            "DELETE FROM scoring_rememberedalert; DELETE FROM scoring_memorystanding", migrations.RunSQL.noop
        ),
        migrations.AlterField(
            model_name='memorystanding',
            name='version',
            field=models.PositiveSmallIntegerField(default=2, verbose_name='version'),
        ),
        migrations.AddField(
            model_name='memorystanding',
            name='taught',
            field=models.JSONField(default=dict, verbose_name='labels by source'),
        ),
        migrations.AddField(
            model_name='rememberedalert',
            name='source',
            field=models.CharField(choices=[('rep', 'rep'), ('labeler', 'labeler'), ('lead', 'lead'), ('outcome', 'outcome')], default='rep', max_length=8, verbose_name='source'),
            preserve_default=False,
        ),
    ]
