// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/**
 * A page to read, of headings, tables of two columns and lists: one HTML file without scripts or anything from
 * elsewhere. Whatever is put into it stands in it as text.
 */
final class ReportPage {
  private static final String STYLE =
      "body{font:1rem/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111;"
          + "background:#fff}table{border-collapse:collapse;width:100%;margin:.5rem 0}"
          + "th,td{border:1px solid #767676;padding:.25rem .5rem;text-align:left;vertical-align:top;"
          + "overflow-wrap:anywhere}th{background:#eee}caption{text-align:left;font-weight:bold}"
          + "section{border-top:2px solid #111;margin-top:2rem}"
          + "@media print{body{margin:0;max-width:none}section,tr{break-inside:avoid}}";

  private final StringBuilder out = new StringBuilder();

  ReportPage(String title) {
    out.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ")
        .append("style-src 'sha256-")
        .append(
            Base64.getEncoder()
                .encodeToString(Hash.sha256(STYLE.getBytes(StandardCharsets.UTF_8)).bytes()))
        .append("'; base-uri 'none'; form-action 'none'\">\n")
        .append("<meta name=\"viewport\" content=\"width=device-width\">\n<title>")
        .append(text(title))
        .append("</title>\n<style>")
        .append(STYLE)
        .append("</style>\n</head>\n<body>\n<main>\n");
  }

  /** All of it. */
  String html() {
    return out + "</main>\n</body>\n</html>\n";
  }

  void heading(String text) {
    out.append("<h1>").append(text(text)).append("</h1>\n");
  }

  /** Words and a command between two parts of them. */
  void paragraph(String before, String command, String after) {
    out.append("<p>")
        .append(text(before))
        .append("<code>")
        .append(text(command))
        .append("</code>")
        .append(text(after))
        .append("</p>\n");
  }

  void beginSection(String heading) {
    out.append("<section>\n<h2>").append(text(heading)).append("</h2>\n");
  }

  void endSection() {
    out.append("</section>\n");
  }

  void list(List<String> items) {
    out.append("<ul>\n");
    items.forEach(each -> out.append("<li>").append(text(each)).append("</li>\n"));
    out.append("</ul>\n");
  }

  void list(String heading, List<String> items) {
    out.append("<h3>").append(text(heading)).append("</h3>\n");
    list(items);
  }

  void beginTable(String caption, String left, String right) {
    out.append("<table>\n<caption>")
        .append(text(caption))
        .append("</caption>\n<thead><tr><th scope=\"col\">")
        .append(text(left))
        .append("</th><th scope=\"col\">")
        .append(text(right))
        .append("</th></tr></thead>\n<tbody>\n");
  }

  void row(String left, String right) {
    out.append("<tr><th scope=\"row\">")
        .append(text(left))
        .append("</th><td>")
        .append(text(right))
        .append("</td></tr>\n");
  }

  void endTable() {
    out.append("</tbody>\n</table>\n");
  }

  /** As text; what would move, hide or reorder what stands beside it is shown as a question mark. */
  static String text(String raw) {
    StringBuilder text = new StringBuilder();
    raw.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> text.append("&amp;");
                case '<' -> text.append("&lt;");
                case '>' -> text.append("&gt;");
                case '"' -> text.append("&quot;");
                case '\'' -> text.append("&#39;");
                default -> text.appendCodePoint(isPlain(c) ? c : '\ufffd');
              }
            });
    return text.toString();
  }

  /** By fixed ranges: what a JDK calls a format character changes with its version of Unicode. */
  private static boolean isPlain(int c) {
    return !Character.isISOControl(c)
        && !(c >= 0x200b && c <= 0x200f)
        && !(c >= 0x2028 && c <= 0x202e)
        && !(c >= 0x2060 && c <= 0x206f)
        && !(c >= 0xd800 && c <= 0xf8ff)
        && c != 0xad
        && c != 0x61c
        && c != 0xfeff
        && c < 0xe0000;
  }
}
