"""Platform rows become ad days of ours: each ad is known by its spec key, which says tier and variant."""

from collections.abc import Iterable, Mapping

from activator.model.performance import AdDay, PerformanceRow


def ad_days(rows: Iterable[PerformanceRow], ad_keys: Mapping[tuple[str, str], str]) -> list[AdDay]:
    """Rows of our own ads, labelled; rows of ads we do not own are left out.

    ad_keys: (destination, platform ad id) -> spec key ``ad/<tier>/<variant>``.
    """
    labelled = []
    for row in rows:
        key = ad_keys.get((row.destination, row.ad_id))
        if key is None:
            continue
        _, tier, variant = key.split("/", 2)
        labelled.append(
            AdDay(
                destination=row.destination,
                tier=tier,
                variant=variant,
                ad_id=row.ad_id,
                day=row.day,
                spend_micros=row.spend_micros,
                impressions=row.impressions,
                clicks=row.clicks,
                conversions_milli=row.conversions_milli,
                value_micros=row.value_micros,
                currency=row.currency,
            )
        )
    return labelled
