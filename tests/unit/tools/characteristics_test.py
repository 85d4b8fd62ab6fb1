"""What tools/characteristics makes of the ends of backtests."""

import importlib.machinery
import importlib.util
import pathlib
import unittest
import xml.etree.ElementTree

SCRIPT = pathlib.Path(__file__).resolve().parents[3] / "tools/characteristics"
loader = importlib.machinery.SourceFileLoader("characteristics", str(SCRIPT))
characteristics = importlib.util.module_from_spec(importlib.util.spec_from_loader("characteristics", loader))
loader.exec_module(characteristics)


class CharacteristicsTest(unittest.TestCase):
    def test_a_share_has_a_decimal_where_it_needs_one(self):
        self.assertEqual([characteristics.percent(*count) for count in ((0, 10), (1, 1000), (1, 2), (1000, 1000), (999, 1000))],
                         ["0 %", "0.1 %", "50 %", "100 %", "99.9 %"])

    def test_a_duration_is_read_in_minutes(self):
        self.assertEqual([characteristics.minutes(text) for text in ("2m", "1h8m", "30s")], [2, 68, 0.5])

    def test_every_failure_of_a_worse_release_is_a_detection(self):
        self.assertEqual(characteristics.failed({"detections": 3, "false_alarms": 1}), 4)

    def test_a_plot_is_an_image_with_its_lines_inside(self):
        root = xml.etree.ElementTree.fromstring(characteristics.plot("T", [("a", [(1, 0), (5, 100)])], "x", 100))
        line = root.find("{http://www.w3.org/2000/svg}polyline")
        self.assertEqual(line.get("points"), "60.0,240.0 580.0,40.0")

    def test_a_table_is_markdown(self):
        self.assertEqual(characteristics.table(["a", "b"], [["1", "2"]]), "| a | b |\n| --- | --- |\n| 1 | 2 |\n")


if __name__ == "__main__":
    unittest.main()
