// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.TrustFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What somebody gives who changes a pack and has Writ: all that is made from the rest is made anew. */
final class RemadePack {
  private static final List<String> MADE =
      List.of(
          PackNames.BUNDLES,
          PackNames.ISSUER_KEYS,
          PackNames.STATUS_KEYS,
          PackNames.LOG_KEYS,
          PackNames.LINEAGE,
          PackNames.REPLAY,
          PackNames.REPORT,
          PackNames.MANIFEST);

  private RemadePack() {}

  /**
   * Makes one.
   *
   * @param members as changed; what is made of them is not looked at
   * @param trust may be believed
   */
  static void write(Map<String, byte[]> members, TrustFile trust, Path file) throws Exception {
    Map<String, byte[]> given = new LinkedHashMap<>(members);
    given.keySet().removeIf(name -> MADE.stream().anyMatch(name::startsWith));
    Files.deleteIfExists(file);
    Files.createFile(file);
    try (PackWriter pack = PackWriter.into(file)) {
      for (Map.Entry<String, byte[]> member : given.entrySet()) {
        pack.put(member.getKey(), member.getValue());
      }
      PackContents contents = PackContents.read(pack);
      PackDerivation derivation = PackDerivation.of(contents, PackTrust.follow(contents, trust));
      for (Map.Entry<String, byte[]> made : new TreeMap<>(derivation.members()).entrySet()) {
        pack.put(made.getKey(), made.getValue());
      }
      pack.put(PackNames.MANIFEST, PackDerivation.manifest(contents, pack.members()));
      pack.finish();
    }
  }
}
