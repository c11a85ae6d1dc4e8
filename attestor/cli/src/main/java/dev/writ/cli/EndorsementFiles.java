// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.evidence.EndorsementTrust;
import dev.writ.evidence.MalformedEvidenceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The files of TPM makers' certificates and revocation lists: PEM of any number with anything between
 * them, or one in DER. A folder stands for the files in it, in the order of their names.
 */
final class EndorsementFiles {
  private static final int MAX_FILE = 4 << 20;
  private static final int MAX_FILES = 1_000;

  private EndorsementFiles() {}

  /**
   * Reads what is to be believed.
   *
   * @param prefix of the names by which messages call {@code roots}, {@code intermediates} and {@code
   *     revocation_lists}
   */
  static EndorsementTrust trust(
      String prefix, List<Path> roots, List<Path> intermediates, List<Path> revocationLists)
      throws CommandFailure {
    List<X509Certificate> believed = certificates(prefix + "roots", roots);
    List<X509Certificate> between = certificates(prefix + "intermediates", intermediates);
    List<X509CRL> lists = new ArrayList<>();
    String key = prefix + "revocation_lists";
    for (Path file : files(key, revocationLists)) {
      lists.addAll(read(key, file, "revocation list", EndorsementTrust::revocationLists));
    }
    try {
      return new EndorsementTrust(believed, between, lists);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.configuration(prefix + "roots", e);
    }
  }

  private static List<X509Certificate> certificates(String key, List<Path> paths)
      throws CommandFailure {
    List<X509Certificate> certificates = new ArrayList<>();
    for (Path file : files(key, paths)) {
      certificates.addAll(read(key, file, "certificate", EndorsementTrust::certificates));
    }
    return certificates;
  }

  /** Reads all that a file holds. */
  private interface Format<T> {
    List<T> parse(byte[] file) throws MalformedEvidenceException;
  }

  private static <T> List<T> read(String key, Path file, String what, Format<T> format)
      throws CommandFailure {
    try {
      List<T> read = format.parse(BoundedFile.read(file, MAX_FILE));
      if (read.isEmpty()) {
        throw CommandFailure.configuration(
            key + ": " + file + " must hold a " + what + " in PEM or DER, and holds none");
      }
      return read;
    } catch (IOException | MalformedEvidenceException e) {
      throw CommandFailure.configuration(key + ": " + file, e);
    }
  }

  private static List<Path> files(String key, List<Path> paths) throws CommandFailure {
    List<Path> files = new ArrayList<>();
    for (Path path : paths) {
      if (!Files.isDirectory(path)) {
        files.add(path);
        continue;
      }
      List<Path> inside;
      try (Stream<Path> listed = Files.list(path)) {
        inside = listed.filter(Files::isRegularFile).sorted().limit(MAX_FILES + 1).toList();
      } catch (IOException e) {
        throw CommandFailure.configuration(key + ": " + path, e);
      }
      if (inside.isEmpty()) {
        throw CommandFailure.configuration(
            key
                + ": "
                + path
                + " must hold a file, and holds none: put one there, or do not name it");
      }
      files.addAll(inside);
    }
    if (files.size() > MAX_FILES) {
      throw CommandFailure.configuration(key + ": must be at most " + MAX_FILES + " files");
    }
    return files;
  }
}
