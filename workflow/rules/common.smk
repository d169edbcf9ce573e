# What all rooms' rules share.


def code(script):
    """Return a digest of a script and the library files that it imports, as a rule's parameter.

    So an edit of a module reruns the rules that use it and no others, and a touched file nothing.
    """
    return code_digest(WORKFLOW / "scripts" / script)


# on a cluster these run where Snakemake does: a second or two of work each
localrules:
    personas,
    contexts,
    instrument,
    provenance,
    leaderboard,
