// Command epgu is a command-line client of the state-services portal (ЕПГУ).
package main

import (
	"os"

	"github.com/epgu-cli/epgu/internal/app"
)

func main() { os.Exit(app.Main()) }
