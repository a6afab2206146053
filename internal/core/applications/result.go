package applications

import (
	"context"
	"io"
	"slices"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/gusmev"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/safepath"
)

// Results is where files of applications come from; portal/gusmev.Client.
type Results interface {
	Order(ctx context.Context, id int64, history bool) (*gusmev.OrderInfo, error)
	Download(ctx context.Context, from gusmev.Source, w io.Writer, limit int64) (int64, error)
}

// SavedFile is one file of an application on the disk.
type SavedFile struct {
	File wire.File
	Path string
	Size int64 // bytes
}

// SaveOptions say which files are saved and under which names.
type SaveOptions struct {
	Attachments bool            // what was attached, too
	Policy      safepath.Policy // what becomes of a name that is taken
}

// SaveResult saves the files of an application's result into dir, each whole or not at
// all. It returns those that are saved, whatever happens to the others. An application
// without a file is refused with "application.no_result".
func SaveResult(ctx context.Context, portal Results, id int64, dir string, o SaveOptions) ([]SavedFile, error) {
	info, err := portal.Order(ctx, id, false)
	if err != nil {
		return nil, err
	}
	order := info.Order
	if order == nil {
		order = &wire.Order{OrderStatusName: wire.Text(info.Code)}
	}
	files := slices.Clone(order.ResponseFiles)
	if o.Attachments {
		files = append(files, order.AttachmentFiles...)
	}
	if len(files) == 0 {
		return nil, fault.New(exitcode.NotFound, "application.no_result", i18n.Text{
			RU: "у заявления № %d пока нет результата: %s", EN: "application no. %d has no result yet: %s"}.With(id, order.OrderStatusName)).
			Advise(i18n.Text{RU: "дождитесь решения: epgu application watch %d", EN: "wait for the decision: epgu application watch %d"}.With(id))
	}
	d, err := safepath.OpenDir(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	var got []SavedFile
	for _, file := range files {
		s, err := saveFile(ctx, portal, d, order, file, o.Policy)
		if err != nil {
			return got, err
		}
		got = append(got, s)
	}
	return got, nil
}

func saveFile(ctx context.Context, portal Results, d *safepath.Dir, order *wire.Order, file wire.File, policy safepath.Policy) (SavedFile, error) {
	w, err := d.Create(file.FileName.Raw(), policy)
	if err != nil {
		return SavedFile{}, err
	}
	defer w.Close()
	n, err := portal.Download(ctx, gusmev.Source{Link: file.Link, StatusHistoryID: order.CurrentStatusHistoryID, EserviceCode: order.EserviceID}, w, 0)
	if err != nil {
		return SavedFile{}, err
	}
	path, err := w.Commit()
	return SavedFile{file, path, n}, err
}
