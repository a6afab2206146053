// Package completion is the command "epgu completion": scripts for four shells.
package completion

import (
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
	switch shell {
	case "bash":
		return root.GenBashCompletionV2(f.IO.Out, true)
	case "zsh":
		return root.GenZshCompletion(f.IO.Out)
	case "fish":
		return root.GenFishCompletion(f.IO.Out, true)
	default:
		return root.GenPowerShellCompletionWithDesc(f.IO.Out)
	}
}
