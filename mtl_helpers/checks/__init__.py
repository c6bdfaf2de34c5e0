"""Is this answer right, and if not, what is the likely mistake? One module a lesson.

A check takes the learner's answer, tries it on fresh inputs, and returns a `Verdict` of one
sentence. It never raises, whatever the answer does, stops an answer that takes too long (save for
one endless call into C, see `core`), and leaves the learner's variables alone.
"""
