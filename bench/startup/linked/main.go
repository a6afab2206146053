// Command linked is the bare cobra program with the libraries linked in that epgu must
// have, and no line of epgu's: what their package initialisation costs at least.
package main

import (
	"os"

	"github.com/spf13/cobra"

	_ "charm.land/bubbletea/v2"
	_ "github.com/go-resty/resty/v2"
	_ "github.com/jackc/pgx/v5/pgconn"
	_ "github.com/olekukonko/tablewriter"
	_ "github.com/zalando/go-keyring"
	_ "modernc.org/sqlite"
)

func main() {
	root := &cobra.Command{Use: "bare", Short: "nothing", Version: "1"}
	root.AddCommand(&cobra.Command{Use: "version", Short: "print the version", Run: func(*cobra.Command, []string) {}})
	if root.Execute() != nil {
		os.Exit(1)
	}
}
