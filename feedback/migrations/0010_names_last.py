import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    """A scorer's name and a customer's id stay once there is an alert: alerts are learnt by them."""

    dependencies = [
        ('feedback', '0009_feature_names'),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name='customer',
            trigger=pgtrigger.compiler.Trigger(name='external_id_lasts', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."external_id" IS DISTINCT FROM (NEW."external_id"))', func="\n    IF EXISTS (SELECT 1 FROM feedback_alert WHERE customer_id = OLD.id) THEN\n        RAISE EXCEPTION '% % has alerts: what they are learnt by does not change', TG_TABLE_NAME, OLD.id\n            USING ERRCODE = 'restrict_violation';\n    END IF;\n    RETURN NEW;\n", hash='f2f84143541418b3c06fb0c20e3cf8fa19e41f45', operation='UPDATE OF "external_id"', pgid='pgtrigger_external_id_lasts_aa303', table='feedback_customer', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='scorer',
            trigger=pgtrigger.compiler.Trigger(name='name_lasts', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."name" IS DISTINCT FROM (NEW."name"))', func="\n    IF EXISTS (SELECT 1 FROM feedback_alert WHERE scorer_id = OLD.id) THEN\n        RAISE EXCEPTION '% % has alerts: what they are learnt by does not change', TG_TABLE_NAME, OLD.id\n            USING ERRCODE = 'restrict_violation';\n    END IF;\n    RETURN NEW;\n", hash='cce56718ce4062e599a6291e1d3fe70353227055', operation='UPDATE OF "name"', pgid='pgtrigger_name_lasts_7fc7c', table='feedback_scorer', when='BEFORE')),
        ),
    ]
