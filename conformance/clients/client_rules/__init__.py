"""The rules that a client is judged by: pure functions from a trial to what it showed."""
