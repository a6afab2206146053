// Command catalogue checks the data of the training portal's catalogue
// (internal/sandbox/catalog/data) and compiles them into the file that is
// embedded. Run it from the root of the repository after every change of the
// data; with -check it only reports that the file is not current.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog/compile"
)

const (
	data   = "internal/sandbox/catalog/data"
	target = "internal/sandbox/catalog/catalog.bin"
)

func main() {
	check := flag.Bool("check", false, "only report that the compiled file is not current")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(check bool) error {
	whole, err := compile.Whole(os.DirFS(data))
	if err != nil {
		return err
	}
	blob, err := catalog.Compile(whole)
	if err != nil {
		return err
	}
	if check {
		if old, err := os.ReadFile(target); err != nil || !bytes.Equal(old, blob) {
			return errors.New(target + " is not current: run go run ./cmd/catalogue")
		}
		return nil
	}
	if err := atomicfile.Write(target, blob, 0o644); err != nil {
		return err
	}
	fmt.Printf("%d services, %d bytes\n", len(whole.Services), len(blob))
	return nil
}
