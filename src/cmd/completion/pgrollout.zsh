#compdef pgrollout
# zsh completion for pgrollout; what there is, the program itself says.
# Made by: pgrollout completion zsh
_pgrollout() {
    local line word files=
    local -a plain shown open opened
    while IFS= read -r line; do
        if [[ $line == :files ]]; then
            files=1
            continue
        fi
        word=${line%%$'\t'*}
        line="$word  ${line#*$'\t'}"
        if [[ $word == *= ]]; then
            open+=("$word") opened+=("$line")
        else
            plain+=("$word") shown+=("$line")
        fi
    done < <("${words[1]}" completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)
    (( ${#plain} )) && compadd -l -d shown -a plain
    (( ${#open} )) && compadd -S '' -l -d opened -a open
    if [[ -n $files ]]; then
        compset -P '*='
        _files
    fi
}
if [[ $funcstack[1] == _pgrollout ]]; then
    _pgrollout "$@"
else
    compdef _pgrollout pgrollout
fi
