"""The heartbeat's row, and the tables and functions of pgmq, in which tasks travel by default."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from pgmq.install import get_embedded_install_sql


def install_pgmq(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Run the package's SQL once; a database that has pgmq, as an extension or not, keeps its own."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('pgmq.meta') IS NOT NULL")
        if not cursor.fetchone()[0]:
            cursor.execute(get_embedded_install_sql())


class Migration(migrations.Migration):
    """See the module's first line."""

    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("beat_at", models.DateTimeField()),
            ],
        ),
        migrations.RunPython(install_pgmq, migrations.RunPython.noop),
    ]
