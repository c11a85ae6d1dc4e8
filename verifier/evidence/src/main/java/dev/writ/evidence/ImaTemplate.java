// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/**
 * Templates of IMA: which fields an entry of the measurement list has.
 *
 * <p>A template's name is not part of what is hashed, so that a host can relabel an entry; every field
 * of one label must therefore be safe to read as that of another with the same layout.
 */
enum ImaTemplate {
  /** A SHA-1 or MD5 digest of 20 bytes, and a path of at most 255. */
  IMA("ima", "", false, 0, 0),
  /** A digest with the name of its algorithm, and a path. */
  IMA_NG("ima-ng", "d-ng|n-ng", false, 0, 0),
  /** As ima-ng, with the kind of the digest before its algorithm. */
  IMA_NGV2("ima-ngv2", "d-ngv2|n-ng", true, 0, 0),
  /** As ima-ng, with the file's signature. */
  IMA_SIG("ima-sig", "d-ng|n-ng|sig", false, 1, ImaTemplate.MAX_SIGNATURE),
  /** As ima-ngv2, with the file's signature. */
  IMA_SIGV2("ima-sigv2", "d-ngv2|n-ng|sig", true, 1, ImaTemplate.MAX_SIGNATURE),
  /** As ima-ng of a buffer with its content: a key, a command line, critical data. */
  IMA_BUF("ima-buf", "d-ng|n-ng|buf", false, 1, ImaTemplate.MAX_BUFFER),
  /** As ima-sig, with the digest that an appended signature is over, and that signature. */
  IMA_MODSIG("ima-modsig", "d-ng|n-ng|sig|d-modsig|modsig", false, 3, ImaTemplate.MAX_SIGNATURE),
  /** Any other: hashed as a whole and not looked into. */
  OTHER("", "", false, 0, 0);

  /** Longest path in bytes, PATH_MAX of Linux. */
  static final int MAX_PATH = 4096;

  /** Longest signature of a file in bytes, header included. */
  static final int MAX_SIGNATURE = 2048;

  /** Longest content of a buffer in bytes. */
  static final int MAX_BUFFER = 65536;

  /** Longest appended signature, a PKCS #7 message, in bytes. */
  static final int MAX_MODSIG = 16384;

  /** Longest path of the template {@code ima}; its digest is over the path padded to one more. */
  static final int MAX_OLD_PATH = 255;

  /** Length of the digest of the template {@code ima}. */
  static final int OLD_DIGEST = 20;

  private static final ImaTemplate[] ALL = values();

  private final String text;
  private final String fields;
  private final boolean typed;
  private final int tail;
  private final int maxTail;

  ImaTemplate(String text, String fields, boolean typed, int tail, int maxTail) {
    this.text = text;
    this.fields = fields;
    this.typed = typed;
    this.tail = tail;
    this.maxTail = maxTail;
  }

  /**
   * The template of this name. A kernel that was given a format writes that in place of a name, and
   * the fields as of every template but {@code ima}.
   */
  static ImaTemplate named(byte[] bytes, int at, int length) {
    for (ImaTemplate template : ALL) {
      boolean formatted = !template.fields.isEmpty() && equal(template.fields, bytes, at, length);
      if (formatted || equal(template.text, bytes, at, length)) {
        return template;
      }
    }
    return OTHER;
  }

  static boolean equal(String ascii, byte[] bytes, int at, int length) {
    if (ascii.length() != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (ascii.charAt(i) != bytes[at + i]) {
        return false;
      }
    }
    return true;
  }

  /** Whether the digest is {@code type:algorithm:}, not {@code algorithm:}. */
  boolean typed() {
    return typed;
  }

  /** Number of fields after the path. */
  int tail() {
    return tail;
  }

  /** Longest first field after the path, in bytes. */
  int maxTail() {
    return maxTail;
  }

  @Override
  public String toString() {
    return text;
  }
}
