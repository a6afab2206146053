package prompt

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// maxLine bounds an answer, in bytes.
const maxLine = 64 << 10

// readLine reads up to a line feed, byte by byte: what follows belongs to the
// next question. It returns early when ctx ends.
func readLine(ctx context.Context, in io.Reader) (string, error) {
	var line []byte
	err := readBytes(ctx, in, func(c byte) (done bool, err error) {
		if c == '\n' {
			return true, nil
		}
		if len(line) == maxLine {
			return true, fault.New(exitcode.Usage, "prompt.too_long", i18n.Say("слишком длинный ответ", "the answer is too long"))
		}
		line = append(line, c)
		return false, nil
	})
	if errors.Is(err, io.EOF) && len(line) > 0 {
		err = nil
	}
	if errors.Is(err, io.EOF) {
		err = interrupted()
	}
	return string(line), err
}

// cancellable is a reader whose blocked Read can be ended from outside; Cancel
// reports whether it was.
type cancellable interface {
	io.ReadCloser
	Cancel() bool
}

// readBytes gives take one byte after another until it is done or ctx ends.
// The reading goroutine has ended when readBytes returns, unless the reader
// cannot be cancelled (then it ends with the process).
func readBytes(ctx context.Context, in io.Reader, take func(byte) (bool, error)) error {
	if ctx.Err() != nil {
		return interrupted()
	}
	r, err := openCancellable(in)
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	result := make(chan error, 1)
	go func() {
		var b [1]byte
		for {
			n, err := r.Read(b[:])
			if n == 1 {
				done, err := take(b[0])
				if done || err != nil {
					result <- err
					return
				}
			}
			if err != nil {
				result <- err
				return
			}
		}
	}()
	select {
	case err = <-result:
	case <-ctx.Done():
		if r.Cancel() {
			<-result
		}
		_ = r.Close()
		return interrupted()
	}
	if err != nil {
		_ = r.Close()
		return err
	}
	return r.Close()
}
