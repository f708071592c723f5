#include "kernel.h"

#include <string>

#include "tensorflow/c/ops.h"

namespace emo_aen {

float Attributes::real(const char* name) {
  float value = 0;
  TF_OpKernelConstruction_GetAttrFloat(construction_, name, &value, status_);
  if (TF_GetCode(status_) != TF_OK) TF_OpKernelConstruction_Failure(construction_, status_);
  return value;
}

int64_t Attributes::whole(const char* name) {
  int64_t value = 0;
  TF_OpKernelConstruction_GetAttrInt64(construction_, name, &value, status_);
  if (TF_GetCode(status_) != TF_OK) TF_OpKernelConstruction_Failure(construction_, status_);
  return value;
}

Call::~Call() {
  if (!ok()) TF_OpKernelContext_Failure(context_, status_);
  for (TF_Tensor* output : outputs_) TF_DeleteTensor(output);
  TF_DeleteStatus(status_);
}

float* Call::keep(TF_Tensor* made) {
  if (made == nullptr) return nullptr;
  outputs_.push_back(made);
  return static_cast<float*>(TF_TensorData(made));
}

// The handle on an input is given back at once: the context keeps the memory, and a second handle would forbid to write over it.
const float* Call::input(int index) {
  TF_Tensor* found = nullptr;
  TF_GetInput(context_, index, &found, status_);
  if (found == nullptr) return nullptr;
  const float* data = static_cast<const float*>(TF_TensorData(found));
  TF_DeleteTensor(found);
  return data;
}

Shape Call::shape(int index) {
  TF_Tensor* found = nullptr;
  TF_GetInput(context_, index, &found, status_);
  Shape shape;
  if (found == nullptr) return shape;
  for (int axis = 0; axis < TF_NumDims(found); axis++) shape.push_back(TF_Dim(found, axis));
  TF_DeleteTensor(found);
  return shape;
}

float* Call::output(int index, const Shape& shape) {
  if (!ok()) return nullptr;
  return keep(TF_AllocateOutput(context_, index, TF_FLOAT, shape.data(), static_cast<int>(shape.size()),
                                size_of(shape) * sizeof(float), status_));
}

float* Call::output_over(int index, const Shape& shape, int reused) {
  if (!ok()) return nullptr;
  int taken = -1;
  return keep(TF_ForwardInputOrAllocateOutput(context_, &reused, 1, index, const_cast<int64_t*>(shape.data()),
                                              static_cast<int>(shape.size()), &taken, status_));
}

void register_operation(const char* name, std::initializer_list<const char*> inputs, std::initializer_list<const char*> outputs,
                        std::initializer_list<const char*> attributes, void* (*create)(TF_OpKernelConstruction*),
                        void (*compute)(void*, TF_OpKernelContext*), void (*destroy)(void*), TF_Status* status) {
  if (TF_GetCode(status) != TF_OK) return;
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(name);
  for (const char* input : inputs) TF_OpDefinitionBuilderAddInput(definition, (std::string(input) + ": float").c_str());
  for (const char* output : outputs) TF_OpDefinitionBuilderAddOutput(definition, (std::string(output) + ": float").c_str());
  for (const char* attribute : attributes) TF_OpDefinitionBuilderAddAttr(definition, attribute);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, [](TF_ShapeInferenceContext* context, TF_Status* set) {
    TF_ShapeInferenceContextSetUnknownShape(context, set);
  });
  TF_RegisterOpDefinition(definition, status);
  if (TF_GetCode(status) != TF_OK) return;
  TF_RegisterKernelBuilder(name, TF_NewKernelBuilder(name, "CPU", create, compute, destroy), status);
}

}  // namespace emo_aen
