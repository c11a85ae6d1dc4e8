// SPDX-License-Identifier: Apache-2.0
package dev.writ.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Holds the rooms to the directions of the design: left may use right, nothing else.
 *
 * <pre>
 * cli      → all
 * service  → evidence, policy, artifact, hsm, ledger, tlog, tpm
 * agent    → tpm, evidence, artifact
 * gateway  → artifact
 * ledger   → tlog, artifact
 * lineage  → tlog, artifact
 * artifact → tlog
 * evidence, policy, tlog, hsm, tpm → nothing of ours
 * </pre>
 *
 * <p>Whoever may use {@code artifact} may use tlog's {@code Hash} too: it is the type in which artifact
 * names every digest.
 */
class DirectionsTest {
  /** What each room may use of the other rooms; {@code cli} may use all and is left out. */
  private static final Map<String, Set<String>> MAY_USE =
      Map.ofEntries(
          Map.entry("tlog", Set.of()),
          Map.entry("evidence", Set.of()),
          Map.entry("policy", Set.of()),
          Map.entry("hsm", Set.of()),
          Map.entry("tpm", Set.of()),
          Map.entry("fixtures", Set.of()),
          Map.entry("artifact", Set.of("tlog")),
          Map.entry("gateway", Set.of("artifact")),
          Map.entry("ledger", Set.of("tlog", "artifact")),
          Map.entry("lineage", Set.of("tlog", "artifact")),
          Map.entry("agent", Set.of("tpm", "evidence", "artifact")),
          Map.entry(
              "service", Set.of("evidence", "policy", "artifact", "hsm", "ledger", "tlog", "tpm")));

  private static final JavaClasses WRIT =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.writ");

  @TestFactory
  List<DynamicTest> room_usesAnother_onlyInTheDesignsDirection() {
    return MAY_USE.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(
            room ->
                DynamicTest.dynamicTest(
                    room.getKey(),
                    () ->
                        noClasses()
                            .that()
                            .resideInAPackage("dev.writ." + room.getKey())
                            .should()
                            .dependOnClassesThat(isAnotherRoomThan(room.getKey(), room.getValue()))
                            .check(WRIT)))
        .toList();
  }

  @Test
  void everyPackage_isARoomOfTheDesign() {
    Set<String> packages = WRIT.stream().map(JavaClass::getPackageName).collect(Collectors.toSet());
    Set<String> rooms =
        MAY_USE.keySet().stream().map(room -> "dev.writ." + room).collect(Collectors.toSet());
    rooms.add("dev.writ.cli");
    assertThat(packages).isEqualTo(rooms);
  }

  @Test
  void tlog_dependsOn_theJdkAlone() {
    onlyJdkAnd("tlog");
  }

  @Test
  void evidence_dependsOn_theJdkAndBouncyCastleAlone() {
    onlyJdkAnd("evidence", "org.bouncycastle.");
  }

  @Test
  void verifier_neverOpens_aNetworkConnection() {
    noClasses()
        .that()
        .resideInAnyPackage("dev.writ.evidence", "dev.writ.policy", "dev.writ.artifact")
        .should()
        .dependOnClassesThat()
        .haveNameMatching("java\\.net\\.(Socket|ServerSocket|URLConnection|http\\..*)")
        .orShould()
        .callMethod(java.net.URL.class, "openStream")
        .check(WRIT);
  }

  @Test
  void lineage_dependsOn_theLogAndItsLeavesAlone() {
    onlyJdkAnd("lineage", "dev.writ.tlog.", "dev.writ.artifact.");
  }

  @Test
  void lineage_opens_noNetworkConnectionAndNoDatabase() {
    noClasses()
        .that()
        .resideInAPackage("dev.writ.lineage")
        .should()
        .dependOnClassesThat()
        .haveNameMatching(
            "java\\.sql\\..*|javax\\.sql\\..*"
                + "|java\\.net\\.(Socket|ServerSocket|URLConnection|http\\..*)")
        .check(WRIT);
  }

  @Test
  void jna_isUsed_inTpmAlone() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.writ.tpm")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.sun.jna..")
        .check(WRIT);
  }

  @Test
  void pkcs11Wrapper_isUsed_inHsmAlone() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.writ.hsm")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("sun.security.pkcs11..")
        .check(WRIT);
  }

  @Test
  void vertx_isUsed_whereANetworkIsServedAlone() {
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.writ.service", "dev.writ.gateway", "dev.writ.cli")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.vertx..", "io.netty..")
        .check(WRIT);
  }

  private static void onlyJdkAnd(String room, String... prefixes) {
    noClasses()
        .that()
        .resideInAPackage("dev.writ." + room)
        .should()
        .dependOnClassesThat(
            new DescribedPredicate<>("lie outside the JDK and " + Arrays.toString(prefixes)) {
              @Override
              public boolean test(JavaClass used) {
                String name = used.getName().replaceAll("^\\[+L?", "");
                return name.contains(".")
                    && !name.startsWith("java.")
                    && !name.startsWith("javax.")
                    && !name.startsWith("dev.writ." + room + ".")
                    && !isAnnotationWithoutBehaviour(name)
                    && Arrays.stream(prefixes).noneMatch(name::startsWith);
              }
            })
        .check(WRIT);
  }

  private static boolean isAnnotationWithoutBehaviour(String name) {
    return name.startsWith("org.jspecify.annotations.")
        || name.startsWith("com.google.errorprone.annotations.");
  }

  private static DescribedPredicate<JavaClass> isAnotherRoomThan(String room, Set<String> allowed) {
    return new DescribedPredicate<>("are rooms of ours other than " + allowed) {
      @Override
      public boolean test(JavaClass used) {
        String name = used.getBaseComponentType().getPackageName();
        if (!name.startsWith("dev.writ.")) {
          return false;
        }
        String other = name.substring("dev.writ.".length());
        boolean isDigestOfArtifact =
            allowed.contains("artifact")
                && used.getBaseComponentType().getName().equals("dev.writ.tlog.Hash");
        return !other.equals(room) && !allowed.contains(other) && !isDigestOfArtifact;
      }
    };
  }
}
