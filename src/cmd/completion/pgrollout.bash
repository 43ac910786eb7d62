# bash completion for pgrollout; what there is, the program itself says.
# Made by: pgrollout completion bash
_pgrollout() {
    local words=() i line cur before files= glued=
    COMPREPLY=()
    # --option=value is three words here, and one for the program
    for ((i = 0; i <= COMP_CWORD; i++)); do
        if ((i > 0)) && [[ ${COMP_WORDS[i]} == [=:]* || -n $glued ]]; then
            words[-1]+=${COMP_WORDS[i]}
        else
            words+=("${COMP_WORDS[i]}")
        fi
        glued=
        [[ ${COMP_WORDS[i]} != *[=:] ]] || glued=1
    done
    cur=${words[-1]}
    before=${cur%"${cur##*[=:]}"}
    # what stands before the last of these signs stays where it is
    [[ $COMP_WORDBREAKS == *=*:* || $COMP_WORDBREAKS == *:*=* ]] || before=
    while IFS= read -r line; do
        if [[ $line == :files ]]; then
            files=1
            continue
        fi
        line=${line%%$'\t'*}
        [[ $line == "$cur"* ]] || continue
        COMPREPLY+=("${line#"$before"}")
    done < <("${words[0]}" completion words -- "${words[@]:1}" 2>/dev/null)
    if [[ -n $files ]]; then
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do
            COMPREPLY+=("$line")
        done < <(compgen -f -- "${cur#"$before"}")
    fi
    [[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
}
complete -F _pgrollout pgrollout
