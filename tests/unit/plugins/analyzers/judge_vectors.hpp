// Two series and what the Mann-Whitney test says of them, computed apart from this code.
#pragma once

#include <array>
#include <string>
#include <vector>

namespace slipway::judge {

struct Vector {
  std::string name;
  std::vector<double> x;
  std::vector<double> y;
  double u;
  double sigma;
  double p_two_sided;
  double p_greater;
  std::array<double, 2> kayenta;  // ends of the interval at 98 %
  std::array<double, 2> exact;
  double estimate;
  double effect;
  double ratio;
};

inline const std::vector<Vector>& vectors() {
  static const std::vector<Vector> list{{"A",
                                         {10, 20, 30, 40},
                                         {1, 2, 3, 4},
                                         16,
                                         3.4641016151,
                                         0.03038282198,
                                         0.01519141099,
                                         {6, 39},
                                         {6, 39},
                                         22.5,
                                         1,
                                         10},
                                        {"B",
                                         {3, 4, 4, 5, 6, 7, 7, 8},
                                         {1, 2, 2, 3, 4, 4, 5, 5},
                                         52.5,
                                         9.4021274188,
                                         0.03340528396,
                                         0.01670264198,
                                         {0, 4.999936},
                                         {0, 5},
                                         2,
                                         0.8203125,
                                         22.0 / 13},
                                        {"C",
                                         {0, 0, 1, 0, 2, 0, 0, 1, 3, 0},
                                         {0, 0, 0, 1, 0, 0, 0, 0, 1, 0},
                                         62,
                                         10.6684483161,
                                         0.2810583234,
                                         0.1405291617,
                                         {-0.000022, 1.000033},
                                         {0, 1},
                                         0,
                                         0.62,
                                         3.5},
                                        {"D",
                                         {2.1, 2.5, 2.2, 2.8, 2.4, 2.6, 2.9, 2.3},
                                         {2.0, 2.2, 2.1, 2.4, 2.3, 2.5, 2.0, 2.2},
                                         50,
                                         9.4586820787,
                                         0.06429163833,
                                         0.03214581916,
                                         {-0.099964, 0.600005},
                                         {-0.1, 0.6},
                                         0.25,
                                         0.78125,
                                         198.0 / 177},
                                        {"E",
                                         {5, 5, 5, 5, 5, 6},
                                         {5, 5, 5, 5, 5, 5},
                                         21,
                                         3,
                                         0.4046567619,
                                         0.202328381,
                                         {0, 0.999939},
                                         {0, 1},
                                         0,
                                         7.0 / 12,
                                         31.0 / 30},
                                        {"F",
                                         {12.1, 11.8, 12.6, 13.0, 12.2, 11.9, 12.8, 12.4, 12.7, 12.3},
                                         {10.1, 10.4, 9.8, 10.9, 10.2, 10.6, 10.0, 10.3, 10.7, 10.5},
                                         100,
                                         13.2287565553,
                                         0.0001826717911,
                                         9.133589555e-05,
                                         {1.599945, 2.499947},
                                         {1.6, 2.5},
                                         2,
                                         1,
                                         1238.0 / 1035}};
  return list;
}

}  // namespace slipway::judge
