"""Rules and pairs of transfers: what refuses them."""

from vortex.errors import Conflict, Invalid, NotFound, Refused


class RuleNotFound(NotFound, code="rule_not_found", title="Rule not found"):
    """There is no such rule, or it is somebody else's."""


class RuleRunNotFound(NotFound, code="rule_run_not_found", title="Run not found"):
    """There is no such run of this rule, or it is somebody else's."""


class MalformedRule(Invalid, code="malformed_rule", title="Rule cannot work"):
    """A condition compares what cannot be compared, or the rule does nothing."""


class TooManyRules(Refused, code="too_many_rules", title="Too many rules"):
    """A person has at most 100 rules."""


class RuleRunning(Conflict, code="rule_running", title="Rule is running"):
    """The rule is on its way through the past already."""


class TransferPairNotFound(NotFound, code="transfer_pair_not_found", title="Pair not found"):
    """There is no such pair of transactions, or it is somebody else's."""


class TransferPairDecided(Conflict, code="transfer_pair_decided", title="Already decided"):
    """The pair, or another with one of its transactions, is confirmed or rejected already."""
