# shellcheck shell=bash
# What the steps of the Action share: messages, outputs, inputs, Git. Read by each of them with `source`.
#
# Works with bash 3.2, which macOS has. Inputs arrive as environment variables, never as text of a script.

# Texts may have been written by whoever opened the pull request: no line of them may become a command of the runner.
escape() {
    local text="$1"
    text=${text//\%/%25}
    text=${text//$'\r'/%0D}
    text=${text//$'\n'/%0A}
    printf '%s' "$text"
}

# note LEVEL TEXT: an annotation of the run; LEVEL is notice, warning or error.
note() {
    printf '::%s title=mlguard::%s\n' "$1" "$(escape "$2")"
}

# Nothing was searched, or not all of it: the Action ends with 2, as the program does.
fail() {
    note error "$1"
    exit 2
}

# output NAME VALUE: an output of the step. A line break would begin another output.
output() {
    case "$2" in
        *$'\n'* | *$'\r'*) fail "The value of $1 has a line break." ;;
    esac
    printf '%s=%s\n' "$1" "$2" >> "$GITHUB_OUTPUT"
}

# switch NAME VALUE: holds an input to true or false.
switch() {
    case "$2" in
        true | false) ;;
        *) fail "The input '$1' is true or false, not '$2'." ;;
    esac
}

# Goes where the repository is.
enter() {
    cd -- "${GITHUB_WORKSPACE:?}" || exit 2
    cd -- "${WORKING_DIRECTORY:-.}" 2> /dev/null \
        || fail "The folder of the input 'working-directory' does not exist: '${WORKING_DIRECTORY:-.}'."
}

# The current folder, as programs other than bash know it: on Windows bash has names of its own.
folder() {
    if [[ "${RUNNER_OS:-}" == Windows ]]; then
        pwd -W
    else
        pwd
    fi
}

# The folder for files of this run of the Action, outside the tree that is searched.
scratch() {
    mkdir -p -- "${RUNNER_TEMP:?}/mlguard"
    printf '%s' "$RUNNER_TEMP/mlguard"
}
