package gusmev

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/textproto"
	"path"
	"strconv"
	"strings"

	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

// part is one request of a push: the archive or a piece of it.
type part struct {
	meta    wire.Meta
	orderID int64 // 0: the portal numbers the application itself
	chunk   int   // from 0
	chunks  int   // 1: sent without chunk and chunks
	name    string
	file    *io.SectionReader
}

// body builds a multipart body whose file is read while it is sent: only the
// frame around it is in memory, and the whole length is known beforehand.
func (p part) body() (*transport.Body, error) {
	var frame bytes.Buffer
	w := multipart.NewWriter(&frame)
	meta, err := json.Marshal(p.meta)
	if err != nil {
		return nil, fmt.Errorf("encode meta: %w", err)
	}
	mw, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="meta"`},
		"Content-Type":        {"application/json"},
	})
	if err != nil {
		return nil, fmt.Errorf("multipart meta: %w", err)
	}
	if _, err := mw.Write(meta); err != nil {
		return nil, fmt.Errorf("multipart meta: %w", err)
	}
	fields := make([][2]string, 0, 3)
	if p.orderID != 0 {
		fields = append(fields, [2]string{"orderId", strconv.FormatInt(p.orderID, 10)})
	}
	if p.chunks > 1 {
		fields = append(fields, [2]string{"chunk", strconv.Itoa(p.chunk)}, [2]string{"chunks", strconv.Itoa(p.chunks)})
	}
	for _, f := range fields {
		if err := w.WriteField(f[0], f[1]); err != nil {
			return nil, fmt.Errorf("multipart %s: %w", f[0], err)
		}
	}
	if _, err := w.CreateFormFile("file", p.name); err != nil {
		return nil, fmt.Errorf("multipart file: %w", err)
	}
	headLen := frame.Len()
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("multipart end: %w", err)
	}
	head, tail := frame.Bytes()[:headLen], frame.Bytes()[headLen:]
	file := p.file
	return &transport.Body{
		Open: func() (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(bytes.NewReader(head), io.NewSectionReader(file, 0, file.Size()), bytes.NewReader(tail))), nil
		},
		Size: int64(frame.Len()) + file.Size(),
		Type: w.FormDataContentType(),
	}, nil
}

// partName names the file of a part: name.zip for the only one, else
// name.z001, name.z002 and so on (as working integrations do).
func partName(archive string, chunk, chunks int) string {
	stem := path.Base(strings.ReplaceAll(archive, `\`, "/"))
	if len(stem) >= 4 && strings.EqualFold(stem[len(stem)-4:], ".zip") {
		stem = stem[:len(stem)-4]
	}
	if stem == "" || stem == "." || stem == "/" {
		stem = "archive"
	}
	if chunks == 1 {
		return stem + ".zip"
	}
	return fmt.Sprintf("%s.z%03d", stem, chunk+1)
}
