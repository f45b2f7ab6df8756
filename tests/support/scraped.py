"""What a scrape of `/metrics` shows, as Prometheus' own client library reads it."""

from prometheus_client.parser import text_string_to_metric_families

__all__ = ["Scrape"]

Sample = tuple[str, frozenset[tuple[str, str]]]


class Scrape:
    """The samples of one scrape, by name and labels."""

    def __init__(self, text: str) -> None:
        self.families = {family.name: family for family in text_string_to_metric_families(text)}
        self.samples: dict[Sample, float] = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in self.families.values()
            for sample in family.samples
        }

    def __call__(self, name: str, **labels: str) -> float | None:
        """Return the figure of a sample, None where there is none."""
        return self.samples.get((name, frozenset(labels.items())))

    def labels(self, name: str) -> set[str]:
        """Return the names of the labels that samples of that name have."""
        return {label for found, labels in self.samples if found == name for label, _ in labels}

    def values(self, name: str, label: str) -> set[str]:
        """Return what a label of samples of that name says."""
        return {
            value for found, labels in self.samples if found == name for key, value in labels if key == label
        }
