package app

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/root"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
)

// Commands returns the whole command tree in one language, writing to out: for
// the generator of the reference and for tests.
func Commands(lang i18n.Lang, out io.Writer) *cobra.Command {
	return tree(lang, out, nil)
}

// commandsFor is the tree as it is built for one command line.
func commandsFor(args []string, lang i18n.Lang, out io.Writer) *cobra.Command {
	return tree(lang, out, wants(args))
}

func tree(lang i18n.Lang, out io.Writer, wanted func(string) bool) *cobra.Command {
	ios := iostreams.System()
	ios.Out, ios.ErrOut, ios.Lang = out, out, lang
	a := newApp(ios, nil)
	a.factory.Wants = wanted
	return root.New(a.factory)
}
