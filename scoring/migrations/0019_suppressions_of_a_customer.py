from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('feedback', '0007_checks_of_labelers'),
        ('scoring', '0018_signatures_in_an_index'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='suppression',
            index=models.Index(condition=models.Q(('scope', 'customer')), fields=['customer', 'queue'], name='suppression_of_customer'),
        ),
    ]
