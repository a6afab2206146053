package charges

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/vt"

	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/qr"
	"github.com/epgu-cli/epgu/internal/tui/drive"
)

func (p *portal) Code(ctx context.Context, uin string) (*qr.Symbol, error) {
	c, err := p.Charge(ctx, uin)
	if err != nil {
		return nil, err
	}
	c.UIN, c.Purpose = "18810177170325189254", "Штраф за превышение скорости"
	c.Payee.BankName, c.Payee.CorrAccount = "ГУ БАНКА РОССИИ ПО ЦФО//УФК ПО Г. МОСКВЕ г. Москва", "40102810545370000003"
	payload, err := qr.Encode(bankfiles.OfCharge(*c, c.DueKopecks).Code(), qr.Auto)
	if err != nil {
		return nil, err
	}
	return qr.Draw(payload)
}

// photo is what a camera sees of a terminal: half a cell is a square. Cells without
// colours of their own are those of a dark terminal.
func photo(emu *vt.Emulator) image.Image {
	const module = 4
	img := image.NewGray(image.Rect(0, 0, emu.Width()*module, emu.Height()*2*module))
	grey := func(c color.Color, none uint8) uint8 {
		if c == nil {
			return none
		}
		return color.GrayModel.Convert(c).(color.Gray).Y
	}
	for y := range emu.Height() {
		for x := range emu.Width() {
			c := emu.CellAt(x, y)
			fg, bg, text := uint8(220), uint8(16), " "
			if c != nil {
				fg, bg, text = grey(c.Style.Fg, 220), grey(c.Style.Bg, 16), c.Content
				if c.Style.Attrs&uv.AttrReverse != 0 {
					fg, bg = bg, fg
				}
			}
			top, bottom := bg, bg
			switch text {
			case "█":
				top, bottom = fg, fg
			case "▀":
				top = fg
			case "▄":
				bottom = fg
			}
			for i := range module * module {
				img.SetGray(x*module+i%module, 2*y*module+i/module, color.Gray{Y: top})
				img.SetGray(x*module+i%module, (2*y+1)*module+i/module, color.Gray{Y: bottom})
			}
		}
	}
	return img
}

func TestAPaymentCodeOnTheScreenIsReadByAnotherProgramInEveryTheme(t *testing.T) {
	zbar, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("zbarimg is not here (apt install zbar-tools): codes on the screen are not read by another program")
	}
	for _, theme := range []string{"dark", "light", "contrast", "ansi", "plain"} {
		o := drive.Simple(now, i18n.RU, Entries(demo())...)
		o.Theme = theme
		d := drive.Start(t, o, 120, 60).Press("v").Sees("Код для оплаты, УИН 18810177170325189001")
		path := filepath.Join(t.TempDir(), "screen.png")
		var b bytes.Buffer
		if err := png.Encode(&b, photo(d.Emulator())); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(zbar, "--raw", "-q", path).Output()
		if err != nil || !bytes.Contains(out, []byte("PersonalAcc=03100643000000017300")) || !bytes.Contains(out, []byte("UIN=18810177170325189254")) {
			t.Errorf("%s: %v %q", theme, err, out)
		}
	}
}

func TestACodeThatDoesNotFitIsNotCut(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
		start(t, demo(), lang, 80, 24).Press("v").Golden(fmt.Sprintf("qr.small.%s.80x24", lang))
		d := start(t, demo(), lang, 120, 50).Press("v").Golden(fmt.Sprintf("qr.%s.120x50", lang))
		before := d.Screen()
		if d.Press("i"); d.Screen() == before || !strings.Contains(d.Screen(), "▀") {
			t.Error("dark and light have not changed places")
		}
	}
}
