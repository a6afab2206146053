package application

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/safepath"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// saved is one downloaded file.
type saved struct {
	file gusmev.File
	path string
	size int64
}

func savedView() output.View[saved] {
	return output.View[saved]{Fields: []output.Field[saved]{
		{Name: "path", Title: i18n.Text{RU: "Файл", EN: "File"}, Value: func(s saved) any { return s.path }},
		{Name: "bytes", Title: i18n.Text{RU: "Байт", EN: "Bytes"}, Value: func(s saved) any { return s.size }},
		{Name: "type", Title: i18n.Text{RU: "Вид", EN: "Type"}, Value: func(s saved) any { return s.file.MimeType }},
		{Name: "signed", Title: i18n.Text{RU: "С подписью", EN: "Signed"}, Value: func(s saved) any { return s.file.HasDigitalSignature }},
	}}
}

func newDownload(f *factory.Factory) *cobra.Command {
	var out output.Options
	var dir string
	var attachments, overwrite bool
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "download НОМЕР", EN: "download NUMBER"}.In(f.Lang),
		Short: i18n.Text{RU: "Скачать результат", EN: "Download the result"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := orderID(args[0])
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			info, err := c.Gusmev.Order(ctx, id, false)
			if err != nil {
				return err
			}
			order := info.Order
			if order == nil {
				order = &gusmev.Order{OrderStatusName: gusmev.Text(info.Code)}
			}
			files := order.ResponseFiles
			if attachments {
				files = append(files, order.AttachmentFiles...)
			}
			if len(files) == 0 {
				return fault.New(exitcode.NotFound, "application.no_result", i18n.Text{
					RU: "у заявления № %d пока нет результата: %s", EN: "application no. %d has no result yet: %s"}.With(id, order.OrderStatusName)).
					Advise(i18n.Text{RU: "дождитесь решения: epgu application watch %d", EN: "wait for the decision: epgu application watch %d"}.With(id))
			}
			policy := safepath.Number
			if overwrite {
				policy = safepath.Overwrite
			}
			got, err := download(ctx, c, files, dir, policy)
			return errors.Join(output.List(f.IO, &out, savedView(), got, output.Page{}), err)
		},
	}
	cmd.Flags().StringVarP(&dir, "output", "o", ".", i18n.Text{RU: "`папка` для файлов", EN: "`folder` for the files"}.In(f.Lang))
	cmd.Flags().BoolVar(&attachments, "attachments", false, i18n.Text{RU: "и то, что было приложено", EN: "what was attached, too"}.In(f.Lang))
	cmd.Flags().BoolVar(&overwrite, "overwrite", false, i18n.Text{RU: "заменять файлы с тем же именем", EN: "replace files of the same name"}.In(f.Lang))
	output.AddFlags(cmd, &out, savedView(), f.Lang)
	return cmd
}

func download(ctx context.Context, c *factory.Connection, files []gusmev.File, dir string, policy safepath.Policy) ([]saved, error) {
	d, err := safepath.OpenDir(filepath.Clean(dir))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	var got []saved
	for _, file := range files {
		s, err := one(ctx, c, d, file, policy)
		if err != nil {
			return got, err
		}
		got = append(got, s)
	}
	return got, nil
}

func one(ctx context.Context, c *factory.Connection, d *safepath.Dir, file gusmev.File, policy safepath.Policy) (saved, error) {
	w, err := d.Create(file.FileName.Raw(), policy)
	if err != nil {
		return saved{}, err
	}
	defer w.Close()
	n, err := c.Gusmev.Download(ctx, file.Link, "", w, 0)
	if err != nil {
		return saved{}, err
	}
	path, err := w.Commit()
	return saved{file, path, n}, err
}
