"""What scorers call the features they send."""

from collections.abc import Mapping

from django.db import transaction

from feedback.models import FeatureName, Queue, Scorer


@transaction.atomic
def name_features(*, queue: Queue, scorer: Scorer, names: Mapping[str, tuple[str, str]]) -> list[str]:
    """Take a scorer's names, English and Chinese by feature, in the place of those that it sent before.

    What a person wrote or another scorer sent stays: the features of which that is so are returned, in order.

    1. Take turns, with the admin too. 2. Drop what the scorer no longer sends. 3. Write what is new or another name.
    """
    Queue.objects.select_for_update(no_key=True).get(pk=queue.pk)
    rows = list(FeatureName.objects.filter(queue=queue))
    mine = {row.feature: (row.name, row.name_zh) for row in rows if row.scorer_id == scorer.pk}
    others = {row.feature for row in rows} - mine.keys()
    FeatureName.objects.filter(queue=queue, feature__in=mine.keys() - names.keys()).delete()
    FeatureName.objects.bulk_create(
        (
            FeatureName(queue=queue, feature=feature, name=name[0], name_zh=name[1], scorer=scorer)
            for feature, name in names.items()
            if feature not in others and mine.get(feature) != name
        ),
        update_conflicts=True,
        unique_fields=["queue", "feature"],
        update_fields=["name", "name_zh"],
    )
    return sorted(names.keys() & others)
