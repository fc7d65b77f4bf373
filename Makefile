# The first command on a fresh machine is `make lab` or `make test`: each installs what it needs
# into .venv, once. It takes make and Python 3.11 or newer; PYTHON=python3.13 names another one.

PYTHON ?= python3
LAB_ARGS ?=
TORCH := 2.13.0

BIN := .venv/bin
INSTALLED := .venv/installed
LAB_SETTINGS := .venv/etc/jupyter/labconfig/default_setting_overrides.json
NO_NEWS := "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}
PAGES := "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Markdown Preview"}}
PICTURES := "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": true}

.PHONY: help lab test quick test-browser test-machines verify check bench guard notebooks labs site live test-live lock lock-lowest

help:
	@echo 'make lab        open the course in JupyterLab, in your own copy of it: my-course/'
	@echo 'make test       run the tests, the examples in the code, and the notebooks'
	@echo 'make quick      run what takes a minute: a part of the tests, and the examples in the code'
	@echo 'make test-browser   use every notebook in a real browser, as a reader would'
	@echo 'make test-machines   checks, exercises and notebooks as on every processor that this one can pass for'
	@echo 'make verify     run the slow tests, the notebooks a second time, and the guard; check the site and accessibility'
	@echo 'make check      lint, format and types'
	@echo 'make bench      measure speed, memory and growth, and put the table into docs/performance.md'
	@echo 'make guard      has something become many times slower? half a minute'
	@echo 'make notebooks  run the notebooks again and store what they show'
	@echo 'make labs       make the graded labs, and prove their autograder (for teachers: adds nbgrader)'
	@echo 'make site       build the course as static pages: site/index.html'
	@echo 'make live PYODIDE=<folder>   the same with Python in the browser, nothing to install: live/'
	@echo 'make test-live PYODIDE=<folder>   use that in a real browser'
	@echo 'make lock       write requirements.lock anew, from the newest allowed versions'
	@echo 'make lock-lowest   write requirements-lowest.lock anew, from the lowest versions of pyproject.toml'
	@echo 'Each installs what it needs first. PYTHON=python3.13 picks the Python to install with,'
	@echo 'LAB_ARGS="--no-browser --port 9000" is handed to JupyterLab.'

# my-course/ belongs to the reader: a file that is there already is never written over.
lab: $(INSTALLED)
	$(BIN)/python -m cliprl_lite.course . my-course
	@echo 'Opening the course. If no browser window opens, copy the address with "token" from below into one.'
	@echo 'To stop: Ctrl-C, twice. Next time: make lab.'
	cd "$$($(BIN)/python -m cliprl_lite.course --where my-course)" && \
	  ../$(BIN)/python -m jupyterlab --LabApp.default_url=/lab/tree/00_tour.ipynb $(LAB_ARGS)

PARALLEL := -n auto --dist worksteal

test: $(INSTALLED)
	$(BIN)/python -m pytest $(PARALLEL) -m "not slow"
	$(BIN)/python -m pytest --nbval notebooks --nbval-cell-timeout=120

# While you work: the examples in the code, and the tests of the algorithms.
QUICK := cliprl_lite tests/teachers \
	$(wildcard $(addprefix tests/test_,a*.py g*.py me*.py mi*.py po*.py q*.py ru*.py w*.py))
quick: $(INSTALLED)
	$(BIN)/python -m pytest $(PARALLEL) -m "not slow" $(QUICK)

# In a real browser: chromium or Chrome has to be installed. Pictures go to tests/*/screenshots.
ACCESSIBILITY := tests/browser/test_accessibility.py
BY_FILE := -n 2 --dist loadfile
test-browser: $(INSTALLED)
	$(BIN)/python -m pytest $(BY_FILE) tests/browser --ignore $(ACCESSIBILITY)

# The same numbers on other processors: with each of OpenBLAS's kernels and each of NumPy's levels
# that this one can run.
test-machines: $(INSTALLED)
	$(BIN)/python tests/machines.py

# What a first run cannot show: the notebooks give the same once more, and nothing became slow. And
# what takes long: every page of the site, and every widget, by an accessibility checker.
verify: $(INSTALLED) guard
	$(BIN)/python -m pytest $(PARALLEL) -m slow
	$(BIN)/python -m pytest --nbval notebooks --nbval-cell-timeout=120
	$(BIN)/python -m pytest tests/site & site=$$!; \
	  $(BIN)/python -m pytest $(ACCESSIBILITY); widgets=$$?; wait $$site && exit $$widgets

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(INSTALLED)
	$(BIN)/python benchmarks/bench.py

guard: $(INSTALLED)
	$(BIN)/python benchmarks/guard.py

notebooks: $(INSTALLED)
	$(BIN)/python docs/execute_notebooks.py

# The student editions of the graded labs, and proof that the autograder is fair; with SEED=<secret>
# for a class with numbers of its own. nbgrader goes into .venv beside the course; nobody but a
# teacher needs it.
labs: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --constraint requirements.lock --requirement labs/requirements.lock
	$(BIN)/python labs/make_labs.py $(if $(SEED),--seed '$(SEED)')

site: $(INSTALLED)
	rm -rf site
	$(BIN)/python -m sphinx -W -q -E -b html docs/site site
	@echo 'open site/index.html'

# Python in the browser is Pyodide, whose official files PYODIDE names: docs/live.md says where they
# are to be had. What builds the pages goes into .venv beside the course.
live: $(INSTALLED)
	$(require_pyodide)
	$(BIN)/python -m pip install --quiet --constraint requirements.lock --requirement docs/live/requirements.lock
	$(BIN)/python docs/live/live_course.py '$(PYODIDE)'; $(without_tab)

# In Chromium and in Firefox. LIVE_ARGS='-m "not slow"' is what .ci/run takes of it.
LIVE_ARGS ?=
test-live: $(INSTALLED)
	$(require_pyodide)
	$(BIN)/python -m pip install --quiet --constraint requirements.lock --requirement docs/live/requirements.lock
	PYODIDE='$(PYODIDE)' $(BIN)/python -m pytest tests/live $(LIVE_ARGS); $(without_tab)

# The learning loop is compiled here, so that no reader waits for it.
# Jupyter asks no server for news or newer versions unless the reader turns that on; it shows pages
# as pages, saves what widgets show, and exports pages that need no network.
$(INSTALLED): pyproject.toml requirements.lock
	$(require_python)
	$(PYTHON) -m venv .venv
	@echo "Installing what the course needs into .venv/: a few minutes, once, and about 3 GB."
	$(BIN)/python -m pip install --quiet --progress-bar on --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/python -c 'from cliprl_lite import GridWorld, learn; learn(GridWorld.open_map(3), (0, 0))'
	@mkdir -p $(dir $(LAB_SETTINGS))
	@echo '{$(NO_NEWS), $(PAGES), $(PICTURES)}' > $(LAB_SETTINGS)
	@$(BIN)/python -c 'import sys; from cliprl_lite.course import settle; settle(sys.prefix)'
	@touch $@

# torch goes first, in this very version: where pip is set up to find a CPU build, "the newest"
# would still be the build with gigabytes of CUDA. Its local mark (+cpu) resolves nowhere else.
lock:
	$(require_python)
	rm -rf .venv/lock && $(PYTHON) -m venv .venv/lock
	.venv/lock/bin/python -m pip install torch==$(TORCH)
	.venv/lock/bin/python -m pip install '.[course,docs,test,dev]'
	( echo '# Made by `make lock`: pip freeze of a fresh environment. Not for editing by hand.' && \
	  .venv/lock/bin/python -m pip freeze --exclude cliprl-lite | sed 's/+cpu$$//' \
	) > .venv/lock/requirements
	mv .venv/lock/requirements requirements.lock && rm -rf .venv/lock

# The lowest version of whatever pyproject.toml names, for the workflow that tests them; of what
# these need, the newest that fits. The oldest Python, and Linux.
lock-lowest:
	$(require_python)
	rm -rf .venv/lock && $(PYTHON) -m venv .venv/lock
	.venv/lock/bin/python -m pip install --quiet uv
	( echo '# Made by `make lock-lowest`: the lowest versions of pyproject.toml. Not for editing by hand.' && \
	  .venv/lock/bin/uv pip compile pyproject.toml --extra course --extra test --quiet \
	    --resolution lowest-direct --python-version 3.11 --no-header --no-annotate \
	) > .venv/lock/requirements
	mv .venv/lock/requirements requirements-lowest.lock && rm -rf .venv/lock

# JupyterLab would load the tab's kernel too, find no home for it, and say so in the console.
without_tab = done=$$?; $(BIN)/python -m pip uninstall --quiet --yes jupyterlite-pyodide-kernel; exit $$done

define require_pyodide
@test -n '$(PYODIDE)' || { \
	echo 'PYODIDE has to name a folder with the files of Pyodide, as in' >&2; \
	echo '  make $(MAKECMDGOALS) PYODIDE=../pyodide' >&2; \
	echo 'docs/live.md says where they are to be had.' >&2; exit 1; }
endef

define require_python
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	echo 'cliprl_lite needs Python 3.11 or newer, and "$(PYTHON)" is not one.' >&2; \
	echo 'Name one that is, as in: make $(MAKECMDGOALS) PYTHON=python3.12' >&2; exit 1; }
endef
