//go:build !windows

package prompt

import (
	"io"

	"github.com/muesli/cancelreader"
)

func openCancellable(in io.Reader) (cancellable, error) { return cancelreader.NewReader(in) }
