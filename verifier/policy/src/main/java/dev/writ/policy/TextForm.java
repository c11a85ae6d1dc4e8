// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import com.google.errorprone.annotations.Immutable;
import java.util.regex.Pattern;

/** What a string of the document must look like. */
@Immutable
final class TextForm {
  /** A name that stands in logs, metrics and paths: {@code allowed-actions}. */
  static final TextForm ID =
      new TextForm(
          "[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*",
          64,
          "a name of at most 64 lower-case letters, digits and single . _ - between them");

  /** A name that CEL can select: {@code allowed_actions}. */
  static final TextForm CONSTANT =
      new TextForm(
          "(?!(?:true|false|null|in)$)[a-z][a-z0-9_]*",
          64,
          "a CEL field name of at most 64 lower-case letters, digits and _");

  /** The name of a host, tenant, approver or author: no blank, no quote, no backslash. */
  static final TextForm PRINCIPAL =
      new TextForm("[!#-&(-\\[\\]-~]+", 128, "1 to 128 visible ASCII characters, no quote, no \\");

  /** A variable of an environment. */
  static final TextForm VARIABLE =
      new TextForm(
          "[A-Za-z_][A-Za-z0-9_]*",
          64,
          "the name of a variable: at most 64 letters, digits and _, the first no digit");

  /** A sentence for people. */
  static final TextForm SENTENCE =
      new TextForm("[^\\p{Cntrl}]+", 512, "a sentence of 1 to 512 characters in one line");

  /** Any text for people, lines allowed. */
  static final TextForm DESCRIPTION = new TextForm("(?s).*", 4_096, "at most 4096 characters");

  /** A CEL expression; its length in code points is judged by the profile. */
  static final TextForm EXPRESSION = new TextForm("(?s).+", 8_192, "a CEL expression");

  /** The name of a file that was measured, nearly always its absolute path. */
  static final TextForm MEASURED_NAME =
      new TextForm("[^\\p{Cntrl}]+", 4_096, "a path of 1 to 4096 characters in one line");

  /** Paths that are not judged. */
  static final TextForm PATH_PATTERN =
      new TextForm(
          "/[^\\p{Cntrl}]+",
          4_096,
          "an absolute path below the root; * is any text without a slash, a slash at the end all below");

  /** A keyring of the kernel. */
  static final TextForm KEYRING =
      new TextForm("[._A-Za-z0-9-]+", 64, "a keyring's name, such as .ima");

  /** A public key: SubjectPublicKeyInfo in DER, base64url without padding. */
  static final TextForm PUBLIC_KEY =
      new TextForm("[A-Za-z0-9_-]{40,1400}", 1_400, "a SubjectPublicKeyInfo in base64url");

  /** A SHA-256. */
  static final TextForm SHA256 = new TextForm("[0-9a-f]{64}", 64, "64 lower-case hex digits");

  private final int max;
  private final String mustBe;

  @SuppressWarnings("Immutable") // java.util.regex.Pattern is, by its documentation
  private final Pattern pattern;

  private TextForm(String pattern, int max, String mustBe) {
    this.pattern = Pattern.compile(pattern);
    this.max = max;
    this.mustBe = mustBe;
  }

  static TextForm hexOf(int bytes) {
    return new TextForm(
        "[0-9a-f]{" + 2 * bytes + "}", 2 * bytes, 2 * bytes + " lower-case hex digits");
  }

  boolean fits(String text) {
    return text.length() <= max && pattern.matcher(text).matches();
  }

  /** What must be, for a message. */
  String mustBe() {
    return mustBe;
  }

  String read(Json value) throws MalformedPolicyException {
    if (value instanceof Json.Text text && fits(text.value())) {
      return text.value();
    }
    throw new MalformedPolicyException(value.place(), mustBe, value.describe());
  }
}
