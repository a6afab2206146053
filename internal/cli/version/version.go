// Package version is the command "epgu version".
package version

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

type build struct{ factory.Build }

func view() output.View[build] {
	return output.View[build]{Fields: []output.Field[build]{
		{Name: "version", Title: i18n.Text{RU: "Версия", EN: "Version"}, Value: func(b build) any { return b.Version }},
		{Name: "commit", Title: i18n.Text{RU: "Коммит", EN: "Commit"}, Value: func(b build) any { return b.Commit }},
		{Name: "date", Title: i18n.Text{RU: "Дата", EN: "Date"}, Value: func(b build) any { return b.Date }},
		{Name: "go", Title: i18n.Text{RU: "Go", EN: "Go"}, Value: func(build) any { return runtime.Version() }},
		{Name: "platform", Title: i18n.Text{RU: "Платформа", EN: "Platform"}, Value: func(build) any { return runtime.GOOS + "/" + runtime.GOARCH }},
	}}
}

// Line is what --version prints.
func Line(b factory.Build) string { return fmt.Sprintf("epgu %s", b.Version) }

// New returns the command.
func New(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:   "version",
		Short: i18n.Text{RU: "Версия программы", EN: "Print the version"}.In(f.Lang),
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return output.Object(f.IO, &out, view(), build{f.Build})
		},
	}
	f.Flesh(cmd, func() {
		output.AddFlags(cmd, &out, view(), f.Lang)
	})
	return cmd
}
