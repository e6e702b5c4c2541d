"""Outside engines that answer for policies: one per file, each with its class as `MEMBER`, made by `assemble`.

An engine may be down, slow or lying. It answers with a `Verdict`, or `NoAnswer` is raised; nothing it says is a yes by accident.
"""
