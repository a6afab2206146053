package app

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/root"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
)

// Commands returns the command tree in one language, writing to out: for the
// generator of the reference.
func Commands(lang i18n.Lang, out io.Writer) *cobra.Command {
	ios := iostreams.System()
	ios.Out, ios.ErrOut, ios.Lang = out, out, lang
	return root.New(newApp(ios, nil).factory)
}
