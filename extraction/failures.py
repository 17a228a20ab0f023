"""What stops a command, each said in a sentence that an operator can act on."""


class Stop(Exception):  # noqa: N818 - it is a message to a person
    """The command ends; the text says why and what to do. Nothing is left half done by it."""


class NotNow(Stop):
    """The moment is wrong: nothing was changed, and trying again later may do."""


class Differs(Stop):
    """The two sides do not hold the same; the move does not go on."""


class Interrupted(KeyboardInterrupt):
    """The operator pressed Ctrl-C, or the system asked the mover to end.

    A KeyboardInterrupt, because that is what the driver cancels a running statement for.
    """
