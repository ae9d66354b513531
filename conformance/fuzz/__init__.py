"""Fuzzing the published OpenAPI document through the driver, judged like everything else.

Cases are drawn first, all of them, by schemathesis; then aimed at resources in every state that matters, sent by the
driver, and looked at twice: by the checks of this suite, and by schemathesis' own, less the legal cases of an
eventually consistent API. What schemathesis alone finds is noted and breaks no requirement. `fuzz_log` adds up what
every worker wrote down; nothing is imported here, so that it can be had without loading schemathesis.
"""
