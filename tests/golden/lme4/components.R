# REML estimates of variance components, all effects random: Rscript components.R (in this folder; some seconds)
# Made with R 4.2.2, lme4 1.1-31 and jsonlite (Debian: r-base-core, r-cran-lme4, r-cran-jsonlite).
suppressMessages({ library(lme4); library(jsonlite) })

# all effects but that of all factors, which can't be told from the error
terms_of <- function(factors)
  unlist(lapply(seq_len(length(factors) - 1), function(k) combn(factors, k, paste, collapse = ":")))

# lme4's usual optimiser ends up to .0002 from the optimum (relative); this one within 4e-6
reml <- function(data, value, factors, optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5)) {
  data[factors] <- lapply(data[factors], factor)
  random <- paste0("(1 | ", terms_of(factors), ")", collapse = " + ")
  control <- lmerControl(optimizer = optimizer, optCtrl = optCtrl, calc.derivs = FALSE)
  fit <- lmer(as.formula(paste(value, "~ 1 +", random)), data, REML = TRUE, control = control)
  if (isSingular(fit)) stop("a component is zero: REML is not the analysis of variance")
  found <- as.data.frame(VarCorr(fit))
  found$grp[found$grp == "Residual"] <- paste(factors, collapse = ":")
  as.list(setNames(found$vcov, found$grp)[c(terms_of(factors), paste(factors, collapse = ":"))])
}

# the first respondent is two, the last is none: a draw of a bootstrap
redrawn <- function(data) {
  first <- data[data$respondent == 0, ]
  first$respondent <- -1
  rbind(first, data[data$respondent != max(data$respondent), ])
}

crossed <- read.csv("crossed.csv")
facets <- read.csv("facets.csv")
three <- c("respondent", "context", "replicate")
four <- c("respondent", "topic", "wording", "replicate")
of_values <- function(data, values, factors, ...)
  sapply(values, function(value) reml(data, value, factors, ...), simplify = FALSE)
values <- c("strong", "weak")
usual <- of_values(crossed, values, three, "nloptwrap", list())
fits <- list(
  crossed = of_values(crossed, values, three),
  crossed_redrawn = of_values(redrawn(crossed), values, three),
  one_replicate = of_values(crossed[crossed$replicate == 0, ], values, three[1:2]),
  facets = of_values(facets, "value", four),
  facets_redrawn = of_values(redrawn(facets), "value", four)
)
error <- function(a, b) max(abs(unlist(a) / unlist(b) - 1))
cat("lme4's usual optimiser differs by", error(usual, fits$crossed), "and, with facets, by",
    error(of_values(facets, "value", four, "nloptwrap", list()), fits$facets), "\n")
versions <- list(R = paste(R.version$major, R.version$minor, sep = "."), lme4 = as.character(packageVersion("lme4")))
write(toJSON(list(versions = versions, variances = fits), auto_unbox = TRUE, pretty = TRUE, digits = I(10)),
      "components.json")
