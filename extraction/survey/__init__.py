"""The survey: what ties a context to the others, read from its source, and what stands in the way.

Nothing of the source is imported, so the survey judges any state of it, a broken one included.
"""

from extraction.survey.judging import Readiness, readiness
from extraction.survey.reading import Survey, survey

__all__ = ["Readiness", "Survey", "readiness", "survey"]
