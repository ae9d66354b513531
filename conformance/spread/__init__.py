"""A long history judged by many processes, on this machine or on many: the judgement is that of one."""
