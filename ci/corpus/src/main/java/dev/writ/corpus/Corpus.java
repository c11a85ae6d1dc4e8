// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Every case, by its group. */
final class Corpus {
  /** The numbers are 1 to this. */
  static final int CASES = 97;

  private Corpus() {}

  /**
   * All of them.
   *
   * @param project the folder of the whole project
   * @param service what the cases at its level are tried on
   */
  static List<NegativeCase> of(Path project, ServiceUnderTest service) {
    List<NegativeCase> cases = new ArrayList<>();
    cases.addAll(new StructureCases().cases());
    cases.addAll(new SignatureCases().cases());
    cases.addAll(new IdentityCases().cases());
    cases.addAll(new EndorsementCases().cases());
    cases.addAll(new PcrCases().cases());
    cases.addAll(new BootLogCases().cases());
    cases.addAll(new BootEventCases().cases());
    cases.addAll(new ImaCases().cases());
    cases.addAll(new BindingCases().cases());
    cases.addAll(new BundleCases(project).cases());
    cases.addAll(new ReceiptCases(project).cases());
    cases.addAll(new DelegationCases(project).cases());
    cases.addAll(new ServiceCases(service).cases());
    cases.addAll(new ChannelCases(project, service).cases());
    cases.addAll(new UpgradeCases(service).cases());
    cases.addAll(new ContinuityCases(service).cases());
    return cases;
  }
}
