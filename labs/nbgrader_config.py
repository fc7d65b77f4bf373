"""nbgrader's settings for the three labs; run nbgrader from this folder, `labs/`."""

c = get_config()  # type: ignore[name-defined]  # noqa: F821  (nbgrader puts it here)

c.CourseDirectory.course_id = "cliprl-lite"

# What the student finds in place of a solution. It really raises, so that an unanswered question
# scores nothing and says so.
c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("your turn")'}
c.ClearSolutions.text_stub = "*Your answer stands here.*"

# Seconds for one cell. Every cell of the solved labs takes five or fewer on an ordinary machine; a
# loop without end is stopped and scores nothing.
c.ExecutePreprocessor.timeout = 60
