package sandbox

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// A photo of 35×45 mm at 300 dots per inch, in pixels.
const (
	photoWidth  = 413
	photoHeight = 531
)

func newPhoto(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   i18n.Text{RU: "photo ФАЙЛ", EN: "photo FILE"}.In(f.Lang),
		Short: i18n.Text{RU: "Нарисовать учебную фотографию для заявления", EN: "Draw a training photo for an application"}.In(f.Lang),
		Long: i18n.Text{RU: "Рисует JPEG 413×531 точка: 35×45 мм при 300 точках на дюйм. Человека на ней нет. Существующий файл не трогает.",
			EN: "Draws a JPEG of 413×531 pixels: 35×45 mm at 300 dots per inch. Nobody is on it. An existing file is left alone."}.In(f.Lang),
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return drawPhoto(args[0]) },
	}
}

// drawPhoto writes the outline of a head and shoulders on a plain background.
func drawPhoto(path string) error {
	img := image.NewGray(image.Rect(0, 0, photoWidth, photoHeight))
	for y := range photoHeight {
		for x := range photoWidth {
			shade := uint8(230)
			dx, dy := x-photoWidth/2, y-220
			if dx*dx*3+dy*dy*2 < 2*130*130 || y > 380 && dx*dx < (y-340)*(y-340) {
				shade = 120
			}
			img.SetGray(x, y, color.Gray{Y: shade})
		}
	}
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fault.New(exitcode.Conflict, "sandbox.photo_exists", i18n.Text{RU: "файл %s уже есть", EN: "%s is there already"}.With(path)).
			Advise(i18n.Say("укажите другое имя", "give another name"))
	}
	if err != nil {
		return fmt.Errorf("photo: %w", err)
	}
	if err := jpeg.Encode(out, img, nil); err != nil {
		return errors.Join(err, out.Close(), os.Remove(path))
	}
	return out.Close()
}
