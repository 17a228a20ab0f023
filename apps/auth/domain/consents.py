"""What people are asked to agree to, in which version. Nothing is agreed to before they say yes."""

from typing import Final

TERMS: Final = "terms"
MARKETING: Final = "marketing"
AI_TRAINING: Final = "ai_training"

# A new wording is a new version, and is asked for again: a yes to another text is none to this one.
VERSIONS: Final = {TERMS: "2026-11", MARKETING: "2026-11", AI_TRAINING: "2026-11"}
MEANING: Final = {
    TERMS: "The terms of the accounts. Whoever does not agree any more closes them.",
    MARKETING: "Mail about products of the bank.",
    AI_TRAINING: "Use of one's own data, without names, to train the bank's models.",
}
# Without these nothing else can go on, so they end with the accounts and not before.
LASTING: Final = (TERMS,)
