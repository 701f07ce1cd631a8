#!/usr/bin/env python
"""Django's commands, against the embedded database unless DATABASE_URL is set."""

import os
import sys

WITHOUT_DATABASE = {"help", "version", "check", "collectstatic", "compilemessages", "makemessages", "spectacular"}


def main() -> None:
    """Run one command; the embedded database is up while it runs."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the learner's matrices are small: threads only wait
    from django.core.management import execute_from_command_line
    from django.db import ProgrammingError

    from config.embedded import Cluster, EmbeddedDatabaseError
    from config.environment import env

    needs_cluster = not env.DATABASE_URL and len(sys.argv) > 1 and sys.argv[1] not in WITHOUT_DATABASE
    cluster = Cluster(env.ALERTLOOP_DATA)
    try:
        if needs_cluster:
            cluster.start()
        execute_from_command_line(sys.argv)
    except EmbeddedDatabaseError as error:
        sys.exit(f"{error}")
    except ProgrammingError:
        from ops.selectors import missing_migrations

        if not (missing := missing_migrations()):
            raise
        sys.exit(f"{missing} migrations of this database are not applied: run manage.py migrate (make run does it).")
    finally:
        cluster.stop()


if __name__ == "__main__":
    main()
