"""The judge's place in nbgrader, between running a submission and reading what it earned."""

from __future__ import annotations

from typing import Any

from editions import edition
from judge import PUBLIC, SECONDS, Bench, Result, grade_id
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import DeduplicateIds, Execute, NbGraderPreprocessor
from questions import GRADED
from traitlets import Float, Unicode


class FirstOfCopies(DeduplicateIds):
    """A copied cell of the lab becomes a cell of the student's own; the last one stays graded."""

    def preprocess_cell(self, cell: NotebookNode, resources: Any, index: int) -> Any:
        cell, resources = super().preprocess_cell(cell, resources, index)
        if not cell.metadata.get("nbgrader", True):
            del cell.metadata["nbgrader"]  # nbgrader refuses to read it when it is empty
        return cell, resources


class ExecuteToTheEnd(Execute):
    """Runs a submission for what it shows. A cell that ends the kernel ends nothing else."""

    def preprocess(self, notebook: NotebookNode, *rest: Any, **more: Any) -> Any:
        try:
            return super().preprocess(notebook, *rest, **more)
        except DeadKernelError:
            self.log.warning("A cell ended the kernel; what stands below it was not run")
            return notebook, rest[0] if rest else more["resources"]


class Judge(NbGraderPreprocessor):
    """Puts what the judge says into the graded cells, in place of what they showed."""

    secret = Unicode(PUBLIC, help="what the class's edition hangs on").tag(config=True)
    seconds = Float(SECONDS, help="for one question").tag(config=True)

    def preprocess(self, notebook: NotebookNode, resources: Any) -> Any:
        lab = resources["nbgrader"]["assignment"]
        bench = Bench(notebook, edition(lab, self.secret), self.secret, self.seconds)
        results = bench.results(GRADED[lab])
        for cell in notebook.cells:
            if grade_id(cell) in results:
                cell.source = cell.source.partition("\n### BEGIN HIDDEN TESTS")[0]
                cell.outputs = outputs(results[grade_id(cell)])
        return notebook, resources


def outputs(results: list[Result]) -> list[NotebookNode]:
    """What a student reads, and the points as nbgrader reads them."""
    lines = [
        f"{'✓' if not one.said else '✗'} {one.points:g} of {one.test.points:g}: {one.test.name}"
        + (f"\n      {one.said}" if one.said else "")
        for one in results
    ]
    points = sum(one.points for one in results)
    return [
        new_output("stream", name="stdout", text="\n".join(lines) + "\n"),
        new_output("execute_result", data={"text/plain": f"{points:g}"}, execution_count=1),
    ]
