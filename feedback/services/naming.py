"""What scorers call the features they send, and their values."""

from collections.abc import Mapping

from django.db import transaction

from feedback.models import FeatureName, Queue, Scorer

Pair = tuple[str, str]  # a name in English and one in Chinese
NO_VALUES: Mapping[Pair, Pair] = {}


@transaction.atomic
def name_features(
    *, queue: Queue, scorer: Scorer, names: Mapping[str, Pair], values: Mapping[Pair, Pair] = NO_VALUES
) -> list[str]:
    """Take a scorer's names, by feature and by feature and value, in the place of those that it sent before.

    What a person wrote or another scorer sent stays: the features of which that is so are returned, in order.

    1. Take turns, with the admin too. 2. Drop what the scorer no longer sends. 3. Write what is new or another name.
    """
    wanted = {**{(feature, ""): name for feature, name in names.items()}, **values}
    Queue.objects.select_for_update(no_key=True).get(pk=queue.pk)
    rows = {(row.feature, row.value): row for row in FeatureName.objects.filter(queue=queue)}
    mine = {named: (row.name, row.name_zh) for named, row in rows.items() if row.scorer_id == scorer.pk}
    others = rows.keys() - mine.keys()
    FeatureName.objects.filter(pk__in=[rows[named].pk for named in mine.keys() - wanted.keys()]).delete()
    FeatureName.objects.bulk_create(
        (
            FeatureName(queue=queue, feature=feature, value=value, name=name[0], name_zh=name[1], scorer=scorer)
            for (feature, value), name in wanted.items()
            if (feature, value) not in others and mine.get((feature, value)) != name
        ),
        update_conflicts=True,
        unique_fields=["queue", "feature", "value"],
        update_fields=["name", "name_zh"],
    )
    return sorted({feature for feature, _value in wanted.keys() & others})
