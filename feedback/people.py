"""Who asks. Whoever is not logged in has no memberships, so nothing is theirs."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

Person = AbstractBaseUser | AnonymousUser

NOBODY = 0  # no row has this id


def id_of(person: Person) -> int:
    """The person's id, or `NOBODY` for whoever is not logged in."""
    return int(person.pk or NOBODY)
