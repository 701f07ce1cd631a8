"""The people of the generated workspace, with their habits."""

from dataclasses import dataclass

PASSWORD = "demo"  # noqa: S105 - printed on every start: the workspace is generated, and says so


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works in the generated workspace. `queues` are the slugs of the queues they belong to.

    `flips` is the share of verdicts they give the wrong way round; `hasty_fridays` adds the share of accurate alerts
    they wave away as false positives on Friday afternoons; `pace` multiplies the time until they judge.
    """

    username: str
    name: str
    role: str
    queues: tuple[str, ...]
    flips: float = 0.03
    hasty_fridays: float = 0.0
    pace: float = 1.0
    language: str = "zh-hans"


EVERY_QUEUE = ("churn", "complaint", "satisfaction", "overpromise", "hesitating", "wrong-answer")

PEOPLE = (
    Person("rhea", "Rhea 芮雅", "rep", ("churn", "complaint", "hesitating"), flips=0.02),
    Person(
        "tom", "Tom Hale", "rep", ("churn", "satisfaction", "hesitating"), hasty_fridays=0.6, pace=0.5, language="en"
    ),
    Person("yun", "云晴", "rep", ("complaint", "satisfaction", "wrong-answer", "overpromise"), pace=1.2),
    Person("wei", "魏东", "rep", ("overpromise", "wrong-answer"), flips=0.12),
    Person(
        "ada", "Ada 安达", "labeler", ("churn", "complaint", "wrong-answer", "overpromise"), flips=0.02, language="en"
    ),
    Person("bo", "薄一", "labeler", ("churn", "satisfaction", "hesitating", "wrong-answer"), flips=0.04),
    Person("lena", "Lena 林娜", "lead", EVERY_QUEUE, flips=0.01),
    Person("admin", "Admin", "admin", (), language="en"),
)


def members(queue: str, role: str) -> tuple[Person, ...]:
    """The people who hold a role in a queue."""
    return tuple(person for person in PEOPLE if person.role == role and queue in person.queues)
