// Package completion is the command "epgu completion": scripts for four shells.
package completion

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// Shells are those that completion knows.
func Shells() []string { return []string{"bash", "zsh", "fish", "powershell"} }

// New returns the command.
func New(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: i18n.Text{RU: "Дополнение команд в оболочке", EN: "Shell completion"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Печатает сценарий дополнения. Дополнение работает на месте: ни сети, ни хранилища ключей оно не трогает.\n\n  bash:       source <(epgu completion bash)\n  zsh:        epgu completion zsh > \"${fpath[1]}/_epgu\"\n  fish:       epgu completion fish > ~/.config/fish/completions/epgu.fish\n  PowerShell: epgu completion powershell | Out-String | Invoke-Expression",
			EN: "Prints a completion script. Completing is local: it touches neither the network nor the keyring.\n\n  bash:       source <(epgu completion bash)\n  zsh:        epgu completion zsh > \"${fpath[1]}/_epgu\"\n  fish:       epgu completion fish > ~/.config/fish/completions/epgu.fish\n  PowerShell: epgu completion powershell | Out-String | Invoke-Expression"}.In(f.Lang),
		Args:                  cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs:             Shells(),
		DisableFlagsInUseLine: true,
		RunE:                  func(cmd *cobra.Command, args []string) error { return Write(f, cmd.Root(), args[0]) },
	}
}

// Write writes the script for one shell to the factory's stdout.
func Write(f *factory.Factory, root *cobra.Command, shell string) error {
	var script bytes.Buffer
	var err error
	var changes []change
	switch shell {
	case "bash":
		err, changes = root.GenBashCompletionV2(&script, true), bash
	case "zsh":
		err, changes = root.GenZshCompletion(&script), zsh
	case "fish":
		err, changes = root.GenFishCompletion(&script, true), fish
	default:
		err = root.GenPowerShellCompletionWithDesc(&script)
	}
	if err != nil {
		return err
	}
	text := script.String()
	for _, c := range changes {
		if strings.Count(text, c.old) != 1 {
			return fmt.Errorf("the %s script of the library has no single %q", shell, c.old)
		}
		text = strings.Replace(text, c.old, c.new, 1)
	}
	_, err = io.WriteString(f.IO.Out, text)
	return err
}

// change is one of ours in a script that the library writes. Services are found by
// words, too: of those that the program has ordered itself (directive 32, keep order)
// none need begin as what was typed, and shells would drop them.
type change struct{ old, new string }

var bash = []change{
	{`    COMPREPLY=()
    _get_comp_words_by_ref "$@" cur prev words cword
}`, `    COMPREPLY=()
    if declare -F _get_comp_words_by_ref >/dev/null 2>&1; then
        _get_comp_words_by_ref "$@" cur prev words cword
        return
    fi
    # There is no bash-completion here: put together what = and : have split.
    local i word glue=""
    words=() cword=0
    for ((i = 0; i < ${#COMP_WORDS[@]}; i++)); do
        word=${COMP_WORDS[i]}
        if ((i > 1)) && [[ -n $glue || $word == [=:]* ]]; then
            words[${#words[@]}-1]+=$word
        else
            words+=("$word")
        fi
        glue=""
        [[ $word == *[=:] && ${words[${#words[@]}-1]} == -* ]] && glue=1
        ((i == COMP_CWORD)) && cword=$((${#words[@]} - 1))
    done
    cur=${words[cword]} prev=""
    ((cword > 0)) && prev=${words[cword-1]}
    return 0
}`},
	{`    local longest=0
    local compline
`, `    local longest=0
    local compline meant=""
    if (((directive & 32) != 0)); then
        meant=1
        for compline in "${completions[@]}"; do
            [[ $compline == "$cur"* ]] && meant=""
        done
    fi
`},
	{`        [[ $comp == "$cur"* ]] || continue
`, `        [[ -n $meant || $comp == "$cur"* ]] || continue
`},
}

var zsh = []change{{
	`        if eval _describe $keepOrder "completions" completions $flagPrefix $noSpace; then
`, `        local meant=""
        [[ -n $keepOrder ]] && ((${completions[(I)${(b)lastParam}*]} == 0)) && meant="-U"
        if eval _describe $keepOrder "completions" completions $flagPrefix $noSpace $meant; then
            if [[ -n $meant ]] && ((${#completions} > 1)); then
                compstate[insert]="" compstate[list]="list force" # what was typed stays
            fi
`}}

var fish = []change{{
	`    __epgu_debug "nospace: $nospace, nofiles: $nofiles"
`, `    # fish takes a match in a description, too: there the typed words are put.
    if test (math (math --scale 0 $directive / 32) % 2) -eq 1
        set -l typed (commandline -t)
        set -l prefix (string escape --style=regex -- $typed)
        if test -n "$typed"; and not string match -r -q -- "^$prefix" $__epgu_comp_results
            set -l meant
            for result in $__epgu_comp_results
                set -a meant "$result · $typed"
            end
            set --global __epgu_comp_results $meant
        end
    end

    __epgu_debug "nospace: $nospace, nofiles: $nofiles"
`}}
